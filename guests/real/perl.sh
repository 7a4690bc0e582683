# Hashes, strings and regular expressions of Perl.
work() { perl "$input/strings.pl" "$1"; }
