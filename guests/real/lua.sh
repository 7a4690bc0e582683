# A small interpreter: tables, closures, strings.
work() { lua5.4 "$input/tables.lua" "$1"; }
