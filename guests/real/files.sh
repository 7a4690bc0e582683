# A tree of files: found, packed, unpacked, compared, read.
work() {
  local i
  for ((i = 0; i < $1; i++)); do
    (cd / && find usr/share usr/lib/python3.13 -name '*.p[lmy]' -size -64k) | sort | sed -n 1,150p >list
    tar -C / -cf files.tar -T list
    rm -rf copy
    mkdir copy
    tar -xf files.tar -C copy
    { diff -r copy/usr/lib/python3.13 /usr/lib/python3.13 || true; } | wc -l
    find copy -type f -exec grep -l import {} + | wc -l
    find copy -type f -print0 | sort -z | xargs -0 cat | wc
  done
}
