# Compression, there and back.
prepare() { head -c 200000 /usr/bin/gawk >data; }
work() {
  local i
  for ((i = 0; i < $1; i++)); do
    gzip -6 <data | gzip -dc | md5sum
    bzip2 <data | bunzip2 | md5sum
    xz -1 <data | xz -dc | md5sum
    zstd -q -9 <data | zstd -q -dc | md5sum
  done
}
