# A compiler on templates of the standard library.
work() {
  for ((i = 0; i < $1; i++)); do
    g++ -O1 -DTURN="$i" -o templates "$input/templates.cc"
    ./templates
  done
}
