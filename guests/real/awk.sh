# Arrays, fields and strings of awk.
work() { seq "$((15000 * $1))" | gawk -f "$input/fields.awk"; }
