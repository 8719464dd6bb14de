/*
 * holm-init - process 1 of containers that are no systems: flakes, and apps of OCI images. What it starts: shepherd.c.
 *
 *   holm-init exec | app | launch [stay | attach]
 *
 *     app      descriptor 4 is a program to run at once, with the console as its streams
 *     exec     descriptor 4 is a program that becomes process 1 itself: nobody reaps or passes on signals
 *     launch   descriptor 5 is a socket that listens (AF_UNIX, SOCK_SEQPACKET): each connection is one program to run
 *     stay     goes on when a program has ended; else the first one's end is the end, with its exit code
 *     attach   that one outlives its caller; each further connection moves its terminal to another caller
 *
 * C and static: it has to run on any root, to be started in a moment, and to hand on every byte it is given.
 *
 *     init (1) --fork--> shepherd, leads a session --fork--> program, leads the foreground group of that session
 *        reaps               |  ^
 *                            v  |  control socket: the caller's own process, holm-launch, at the other end
 *
 * Signals: from outside (si_pid 0) SIGPWR, SIGTERM, SIGINT ask the programs to end. From inside SIGTERM is a reboot and SIGUSR1, SIGUSR2
 * are a power-off, as busybox's reboot, halt and poweroff send them. reboot(2), here and by `reboot -f`, ends this pid namespace only.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

enum { SHEPHERDS_MAX = 256,
	/* What programs get to end in when the wish comes from inside; from outside the host has a deadline of its own. */
	ENDING_MS = 10000 };

sigset_t all_signals;
bool stay, attach;

static pid_t shepherds[SHEPHERDS_MAX];

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void begin(int socket)
{
	int i = 0;
	while (i < SHEPHERDS_MAX && shepherds[i])
		i++;
	pid_t pid = i < SHEPHERDS_MAX ? fork() : -1;
	if (pid == 0)
		_exit(code_of(shepherd(socket)));
	if (pid > 0)
		shepherds[i] = pid;
	if (socket >= 0)
		close(socket);
}

/* Reaps whoever has ended. Returns how many shepherds are left, and the exit code of the last one that ended. */
static int reap(int *code)
{
	int status, left = 0;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		for (int i = 0; i < SHEPHERDS_MAX; i++)
			if (shepherds[i] == pid) {
				shepherds[i] = 0;
				*code = code_of(status);
			}
	for (int i = 0; i < SHEPHERDS_MAX; i++)
		left += shepherds[i] != 0;
	return left;
}

/* What a signal wishes for: nothing, the end (-1), or what reboot(2) is to do. */
static int wish_of(unsigned signal, bool from_outside)
{
	if (from_outside)
		return signal == SIGPWR || signal == SIGTERM || signal == SIGINT ? -1 : 0;
	return signal == SIGTERM ? RB_AUTOBOOT : signal == SIGUSR1 || signal == SIGUSR2 ? RB_POWER_OFF : 0;
}

int main(int argc, char **argv)
{
	bool launch = argc > 1 && strcmp(argv[1], "launch") == 0;
	stay = argc > 2 && strcmp(argv[2], "stay") == 0;
	attach = argc > 2 && strcmp(argv[2], "attach") == 0;
	fcntl(APP_FD, F_SETFD, FD_CLOEXEC);
	fcntl(LAUNCH_FD, F_SETFD, FD_CLOEXEC);
	sigfillset(&all_signals);
	if (argc > 1 && strcmp(argv[1], "exec") == 0) {
		struct program program = { 0 };
		setsid();
		ioctl(0, TIOCSCTTY, 0);
		if (read_program(APP_FD, &program) == 0)
			run(&program, -1, -1);
		return OWN_FAILURE;
	}
	sigprocmask(SIG_SETMASK, &all_signals, NULL);
	int signals = signalfd(-1, &all_signals, SFD_CLOEXEC), code = OWN_FAILURE, ending = 0;
	if (!launch)
		begin(-1);
	struct pollfd watched[2] = { { .fd = signals, .events = POLLIN }, { .fd = launch ? LAUNCH_FD : -1, .events = POLLIN } };
	for (;;) {
		int ready = poll(watched, 2, ending ? ENDING_MS : -1);
		if (watched[1].revents) {
			int socket = accept4(LAUNCH_FD, NULL, NULL, SOCK_CLOEXEC);
			/* Shut for an init that boots again from inside: whoever called is gone. */
			if (socket < 0)
				return OWN_FAILURE;
			if (!stay && !attach)
				shutdown(LAUNCH_FD, SHUT_RDWR);
			if (!stay)
				watched[1].fd = -1;
			begin(socket);
		}
		struct signalfd_siginfo info = { 0 };
		int wish = watched[0].revents && read(signals, &info, sizeof info) > 0 ? wish_of(info.ssi_signo, info.ssi_pid == 0) : 0;
		if (wish) {
			ending = wish;
			watched[1].fd = -1;
		}
		for (int i = 0; wish && i < SHEPHERDS_MAX; i++)
			if (shepherds[i])
				kill(shepherds[i], SIGTERM);
		int left = reap(&code);
		if (ending > 0 && (left == 0 || ready == 0))
			reboot(ending);
		if (left == 0 && (ending || (!stay && watched[1].fd < 0)))
			return code;
	}
}
