// SPDX-License-Identifier: GPL-2.0-only
/* Turns on the swap space that it is given. */
#include <stdio.h>
#include <sys/swap.h>

int main(int argc, char **argv)
{
	if (argc != 2 || swapon(argv[1], 0)) {
		perror("swapon");
		return 1;
	}
	return 0;
}
