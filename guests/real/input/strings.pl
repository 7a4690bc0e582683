use strict;
use warnings;

for my $turn (1 .. $ARGV[0]) {
    my %words;
    for my $i (1 .. 12000) {
        my $key = 'k' . ($i * 7919 * $turn % 5003);
        $words{$key} .= chr(65 + $i % 26);
    }
    my $length = 0;
    for (sort { $words{$a} cmp $words{$b} || $a cmp $b } keys %words) {
        $length += length $words{$_};
        s/1/x/g;
        $length += tr/x//;
    }
    my $list = join ',', map { $_ * 3 + $turn } 1 .. 5000;
    my @sevens = $list =~ /(\d+7),/g;
    (my $swapped = $list) =~ s/(\d)(\d),/$2$1;/g;
    printf "%d %d %s %d\n", $length, scalar @sevens, substr($swapped, -12), unpack '%32C*', $swapped;
}
