# An interpreter with its libraries: JSON, regular expressions, hashes, compression, objects.
prepare() { python3 "$input/libraries.py" 0; }
work() { python3 "$input/libraries.py" "$1"; }
