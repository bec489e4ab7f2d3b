# SPDX-License-Identifier: BSD-3-Clause
# Counts made-up words in a hash, with regular expressions and sorting.
use strict;
use warnings;
use utf8;
binmode(STDOUT, ":encoding(UTF-8)");
$| = 1;
my @syllables = qw(ka ré mo tü sch ñi lo pé dra xu);
my $state = 12345;
sub next_random { $state = ($state * 1103515245 + 12345) % 2147483648; return $state >> 8; }
my %count;
for my $round (1 .. 40) {
	for (1 .. 200) {
		my $word = join("", map { $syllables[next_random() % @syllables] } 1 .. 1 + next_random() % 3);
		$word =~ s/([aeiou])\1/$1/g;
		$count{ucfirst $word}++;
	}
	my @top = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
	print "$round: ", scalar(@top), " words, most often $top[0] ($count{$top[0]})\n";
}
print "done\n";
