# A repository: commits, differences, a branch that is merged, packs.
work() {
  local i date
  export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org GIT_CONFIG_GLOBAL=/dev/null
  git init -q -b main repository
  cd repository
  git config gc.auto 0
  cp -r "$input" files
  git add .
  for ((i = 0; i < 2 * $1; i++)); do
    date="2024-01-01T00:00:$((10 + i))Z"
    export GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date
    seq "$i" 3 2000 >numbers
    git add numbers
    git commit -q -m "turn $i"
    git diff --stat 'HEAD~' 2>/dev/null || git show --stat --format=%T
  done
  git checkout -q -b side 'HEAD~1'
  echo side >side
  git add side
  git commit -q -m side
  git checkout -q main
  git merge -q -m merge side
  git repack -q -a -d
  git fsck
  git log --format='%H %T %s' --shortstat
}
