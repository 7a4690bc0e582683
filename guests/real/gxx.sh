# A compiler on templates of the standard library.
work() {
  local i
  for ((i = 0; i < $1; i++)); do
    g++ -std=c++98 -O1 -DTURN="$i" -o templates "$input/templates.cc"
    ./templates
  done
}
