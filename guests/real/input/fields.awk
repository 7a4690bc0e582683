{
  key = ($1 * 7919) % 977
  sums[key] += $1
  texts[key] = texts[key] substr("abcdefghij", $1 % 10 + 1, 1)
  if ($1 ~ /7$/) sevens++
}
END {
  for (key in texts) { letters += length(texts[key]); gsub(/[aeiou]/, "", texts[key]); rest += length(texts[key]) }
  n = asort(sums)
  line = ""
  for (i = 1; i <= n; i += 50) line = line sprintf(" %d", sums[i])
  print NR, sevens, letters, rest, split(line, parts, " "), line
}
