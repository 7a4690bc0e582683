# An interpreter started for a line, again and again.
prepare() { work 1 >/dev/null; }
work() {
  local i
  for ((i = 0; i < $1; i++)); do
    python3 -c "import os, re, json; print(json.dumps({'turn': $i, 'up': re.sub('a', 'b', os.path.join('a', 'c'))}))"
  done
}
