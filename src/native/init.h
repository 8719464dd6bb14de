/* What holm-init's two halves, init.c and shepherd.c, know of each other. */
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { APP_FD = 4, LAUNCH_FD = 5, OWN_FAILURE = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127, GROUPS_MAX = 256 };

/*
 * A program is a sealed memfd of NUL-terminated strings: version "2", user, group, further groups ("4,20"), umask (octal), signal that
 * asks it to end, signals it ignores (bit N - 1 for signal N), resource limits ("SOFT:HARD " by their numbers, or none), working
 * directory, number of arguments, the arguments, the environment.
 */
struct program {
	uid_t user;
	gid_t group, groups[GROUPS_MAX];
	size_t group_count;
	mode_t mask;
	int stop_signal;
	unsigned ignored;
	char *limits;
	const char *folder;
	char **arguments, **environment;
};

extern sigset_t all_signals;
/* Process 1 goes on when a program has ended; its one program goes on without its caller. */
extern bool stay, attach;

int read_program(int fd, struct program *program);

/* The last code before the program; caller and terminal may be -1. */
void run(const struct program *program, int caller, int terminal);

/* One program from its start to its end; its status as wait(2). Caller -1: an app, with the console as its streams. */
int shepherd(int caller);
