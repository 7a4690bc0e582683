# A program of COUNT files by make, with a compiler and a linker started for each and for all.
work() {
  local i names
  names=$(seq -f 'part%02g' "$1")
  for i in $names; do
    printf '#include <stdio.h>\n#include <string.h>\nint %s(int n) { char text[32]; snprintf(text, sizeof text, "%s %%d", n); return puts(text) + (int)strlen(text); }\n' "$i" "$i" >"$i.c"
  done
  { for i in $names; do echo "int $i(int);"; done; echo 'int main(void) {'; for i in $names; do echo "$i(1);"; done; echo 'return 0; }'; } >main.c
  printf 'CFLAGS = -O1\nprogram: main.o %s\n\tcc -o $@ $^\n' "$(echo $names | sed 's/\>/.o/g')" >Makefile
  make
  ./program
  make
}
