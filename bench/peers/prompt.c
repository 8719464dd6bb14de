/*
 * prompt - how long a program on a terminal takes, from its spawn until it prints "#> ".
 *
 *   prompt PROGRAM [ARGUMENT...]     prints "NANOSECONDS WAITSTATUS" on standard output; the program then gets a ^D
 */
#define _GNU_SOURCE
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct timespec begin, end = { 0 };
	char text[4096];
	size_t length = 0;
	ssize_t got;
	int master, status;
	pid_t pid;

	if (argc < 2)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = forkpty(&master, NULL, NULL, &size);
	if (pid < 0)
		return 2;
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	while (length < sizeof(text) - 1 && (got = read(master, text + length, sizeof(text) - 1 - length)) > 0) {
		length += (size_t)got;
		text[length] = 0;
		if (end.tv_sec == 0 && strstr(text, "#> ") != NULL) {
			clock_gettime(CLOCK_MONOTONIC, &end);
			if (write(master, "\004", 1) != 1)
				return 2;
		}
	}
	if (waitpid(pid, &status, 0) != pid || end.tv_sec == 0)
		return 2;
	printf("%lld %d\n", (end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec, status);
	return 0;
}
