# A shell that starts processes: programs, pipes, command substitution.
work() {
  local i
  for ((i = 0; i < 10 * $1; i++)); do
    /usr/bin/true
    echo "$i" | cat >/dev/null
    : "$(expr "$i" + 1)"
    ls / | wc -l
  done
}
