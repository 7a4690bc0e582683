# Ciphers, hashes and signatures of a library with much code for each.
prepare() {
  openssl genrsa -out key.pem 2048 2>/dev/null
  openssl rsa -in key.pem -pubout -out public.pem 2>/dev/null
  seq 70000 >data
}
work() {
  local key=00112233445566778899aabbccddeeff i
  for ((i = 0; i < $1; i++)); do
    for cipher in aes-128-cbc aes-256-ctr chacha20; do
      openssl enc "-$cipher" -K "$key$([ $cipher = aes-128-cbc ] || echo $key)" -iv $key -in data | openssl dgst -sha256 -r
    done
    openssl dgst -sha512 -r data
    # The key is a new one each time: what is told of it is not.
    openssl dgst -sha256 -sign key.pem -out signature data
    openssl dgst -sha256 -verify public.pem -signature signature data
  done
}
