# A compiler that optimises, on one file.
work() {
  local i
  for ((i = 0; i < $1; i++)); do
    gcc -O2 -DTURN="$i" -o middling "$input/middling.c"
    ./middling
    md5sum middling
  done
}
