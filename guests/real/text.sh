# Text through pipes of small tools.
work() {
  local i
  for ((i = 1; i <= $1; i++)); do
    seq 1 20000 | sed "s/\(.\)\(.\)/\2$i\1/" | sort -r | uniq -c | grep 7 | tr 0-9 a-j | cut -c 3- | sort | tail -n 3
    seq 1 20000 | sort | comm -12 - <(seq 1 3 20000 | sort) | grep -c '1.*2'
    tr -cs a-zA-Z '\n' <"$input/middling.c" | sort | uniq -c | sort -k1,1nr -k2 | sed -n 1,3p
  done
}
