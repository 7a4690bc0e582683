# Numbers of many digits.
work() {
  local i
  for ((i = 0; i < $1; i++)); do echo "scale = $((300 + i)); 4 * a(1); e(1); sqrt(2); 3 ^ 500 % 7 ^ 100" | bc -l; done
}
