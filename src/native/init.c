/*
 * holm-init - process 1 of containers that are no systems: flakes, and apps of OCI images.
 *
 *   holm-init exec | app | launch [stay]
 *
 *     app      descriptor 4 is a program to run at once, with the console as its streams
 *     exec     descriptor 4 is a program that becomes process 1 itself: nobody reaps or passes on signals
 *     launch   descriptor 5 is a socket that listens (AF_UNIX, SOCK_SEQPACKET): each connection is one program to run
 *     stay     goes on when a program has ended; else the first one's end is the end, with its exit code
 *
 * C and static: it has to run on any root, to be started in a moment, and to hand on every byte it is given.
 *
 *     init (1) --fork--> shepherd, leads a session --fork--> program, leads the foreground group of that session
 *        reaps               |  ^
 *                            v  |  control socket: the caller's own process, holm-launch, at the other end
 *
 * One shepherd a program: it has the terminal's session, so that ^Z stops the program as under a shell, and it speaks with the caller.
 *
 *     caller -> shepherd   'L' TERMINALS ROWS COLUMNS, with descriptors: program, stdin, stdout, stderr     (first, once)
 *                          's' SIGNAL  to the program;  'S' SIGNAL  to its group;  'c'  go on after a stop
 *     shepherd -> caller   'p' with a descriptor: the terminal's master, when stdin and stdout are terminals
 *                          'e' CODE text: it could not be run;  't' SIGNAL: it has stopped;  'x' STATUS (wait(2), 4 bytes): it has ended
 *     the socket closes    the caller is gone: so is the program, unless "stay"
 *
 * A program is a sealed memfd of NUL-terminated strings: version "1", user, group, further groups ("4,20"), umask (octal), signal that
 * asks it to end, working directory, number of arguments, the arguments, the environment.
 *
 * Signals: from outside (si_pid 0) SIGPWR, SIGTERM, SIGINT ask the programs to end. From inside SIGTERM is a reboot and SIGUSR1, SIGUSR2
 * are a power-off, as busybox's reboot, halt and poweroff send them. reboot(2), here and by `reboot -f`, ends this pid namespace only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { APP_FD = 4, LAUNCH_FD = 5, OWN_FAILURE = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127, GROUPS_MAX = 256, SHEPHERDS_MAX = 256,
	/* What programs get to end in when the wish comes from inside; from outside the host has a deadline of its own. */
	ENDING_MS = 10000 };

struct program {
	uid_t user;
	gid_t group, groups[GROUPS_MAX];
	size_t group_count;
	mode_t mask;
	int stop_signal;
	const char *folder;
	char **arguments, **environment;
};

static sigset_t all_signals;

/* The next of a block of NUL-terminated strings, or NULL. */
static char *next(char **at, char *end)
{
	char *text = *at < end ? *at : NULL;
	*at += text ? strlen(text) + 1 : 0;
	return text;
}

static int read_program(int fd, struct program *program)
{
	struct stat info;
	if (fstat(fd, &info) < 0 || info.st_size <= 0)
		return -1;
	size_t size = (size_t)info.st_size, count = 0;
	char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), *end = text + size;
	if (text == MAP_FAILED || text[size - 1] != 0)
		return -1;
	for (size_t i = 0; i < size; i++)
		count += text[i] == 0;
	char *at = text, **strings = calloc(count + 2, sizeof *strings), *field[8];
	for (int i = 0; i < 8; i++)
		if (!strings || !(field[i] = next(&at, end)))
			return -1;
	program->user = (uid_t)strtoul(field[1], NULL, 10);
	program->group = (gid_t)strtoul(field[2], NULL, 10);
	for (char *one = strtok(field[3], ","); one && program->group_count < GROUPS_MAX; one = strtok(NULL, ","))
		program->groups[program->group_count++] = (gid_t)strtoul(one, NULL, 10);
	program->mask = (mode_t)strtoul(field[4], NULL, 8);
	program->stop_signal = atoi(field[5]);
	program->folder = field[6];
	size_t arguments = strtoul(field[7], NULL, 10), i = 0;
	if (strcmp(field[0], "1") != 0 || arguments < 1 || arguments + 8 > count)
		return -1;
	program->arguments = strings;
	while (i < arguments)
		strings[i++] = next(&at, end);
	program->environment = strings + ++i;
	while ((strings[i++] = next(&at, end)))
		;
	return 0;
}

static void refuse(int socket, int code, const char *doing, const char *what, int error)
{
	char message[512] = { 'e', (char)code };
	snprintf(message + 2, sizeof message - 2, "%s %s: %s", doing, what, strerror(error));
	if (socket < 0)
		dprintf(STDERR_FILENO, "holm: %s\n", message + 2);
	else
		send(socket, message, 2 + strlen(message + 2), MSG_NOSIGNAL);
	_exit(code);
}

/* The last code before the program; descriptors 0 to 2 are its own, every other is close-on-exec. */
static void run(const struct program *program, int socket, int terminal)
{
	const char *name = program->arguments[0];
	setpgid(0, 0);
	if (terminal >= 0)
		tcsetpgrp(terminal, getpid());
	if (chdir(program->folder) < 0)
		refuse(socket, OWN_FAILURE, "enter", program->folder, errno);
	umask(program->mask);
	if (setgroups(program->group_count, program->groups) < 0 || setgid(program->group) < 0 || setuid(program->user) < 0)
		refuse(socket, OWN_FAILURE, "become the user of", name, errno);
	for (char **entry = program->environment; *entry; entry++)
		if (strncmp(*entry, "PATH=", 5) == 0)
			setenv("PATH", *entry + 5, 1);
	sigprocmask(SIG_UNBLOCK, &all_signals, NULL);
	execvpe(name, program->arguments, program->environment);
	refuse(socket, errno == ENOENT || errno == ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE, "run", name, errno);
}

/* ---- the shepherd ---- */

static int receive_launch(int socket, unsigned char *head, size_t size, int *fds)
{
	union { struct cmsghdr head; char space[CMSG_SPACE(4 * sizeof(int))]; } control;
	struct msghdr message = { .msg_iov = &(struct iovec){ head, size }, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof control };
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)size || head[0] != 'L')
		return -1;
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	if (!rights || rights->cmsg_type != SCM_RIGHTS || rights->cmsg_len != CMSG_LEN(4 * sizeof(int)))
		return -1;
	memcpy(fds, CMSG_DATA(rights), 4 * sizeof(int));
	return 0;
}

static int send_master(int socket, int master)
{
	union { struct cmsghdr head; char space[CMSG_SPACE(sizeof(int))]; } control = { .head = {
		.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = { .msg_iov = &(struct iovec){ "p", 1 }, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof control };
	memcpy(CMSG_DATA(&control.head), &master, sizeof master);
	return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* A terminal of the container's own; the caller gets its master. Returns the slave. */
static int open_terminal(int socket, const struct program *program, const struct winsize *size)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0;
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return -1;
	int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || fchown(slave, program->user, (gid_t)-1) < 0 || ioctl(master, TIOCSWINSZ, size) < 0 || send_master(socket, master) < 0)
		return -1;
	close(master);
	return slave;
}

/* Sends a signal as the caller meant it; in front of the terminal there may be another group than the program's by now. */
static void pass_on(const unsigned char *order, pid_t pid, int terminal)
{
	pid_t front = terminal >= 0 ? tcgetpgrp(terminal) : pid;
	if (order[0] == 's' || order[0] == 'S')
		kill(order[0] == 's' ? pid : -pid, order[1]);
	else if (order[0] == 'c') {
		kill(front > 0 ? -front : -pid, SIGCONT);
		kill(-pid, SIGCONT);
	}
}

/* Watches the program and the caller until the program has ended. Returns its status as wait(2). */
static int watch(pid_t pid, const struct program *program, int socket, int terminal, bool stay)
{
	struct pollfd watched[2] = { { .fd = signalfd(-1, &all_signals, SFD_CLOEXEC), .events = POLLIN }, { .fd = socket, .events = POLLIN } };
	int status;
	for (;;) {
		while (waitpid(pid, &status, WNOHANG | WUNTRACED) == pid) {
			if (!WIFSTOPPED(status))
				return status;
			send(watched[1].fd, (char[]){ 't', (char)WSTOPSIG(status) }, 2, MSG_NOSIGNAL);
		}
		if (poll(watched, 2, -1) < 0)
			continue;
		struct signalfd_siginfo info;
		if (watched[0].revents && read(watched[0].fd, &info, sizeof info) > 0 && info.ssi_signo == SIGTERM && info.ssi_pid == 1)
			for (int i = 0; i < 2; i++)
				kill(pid, i == 0 ? program->stop_signal : SIGCONT);
		unsigned char order[2] = { 0 };
		if (watched[1].revents && recv(socket, order, sizeof order, MSG_DONTWAIT) > 0)
			pass_on(order, pid, terminal);
		else if (watched[1].revents & (POLLHUP | POLLERR)) {
			if (!stay)
				kill(-pid, SIGKILL);
			watched[1].fd = -1;
		}
	}
}

/* socket -1: an app, with the console as its streams. */
static int shepherd(int socket, bool stay)
{
	unsigned char head[6] = { 'L' };
	int fds[4] = { APP_FD, 0, 1, 2 }, terminal = -1;
	struct program program = { 0 };
	if ((socket >= 0 && receive_launch(socket, head, sizeof head, fds) < 0) || read_program(fds[0], &program) < 0)
		return OWN_FAILURE << 8;
	setsid();
	struct winsize size = { .ws_row = (unsigned short)(head[2] | head[3] << 8), .ws_col = (unsigned short)(head[4] | head[5] << 8) };
	if (socket >= 0 && (head[1] & 3) == 3)
		terminal = open_terminal(socket, &program, &size);
	else if (socket < 0 && isatty(0))
		terminal = fcntl(0, F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < 3; i++)
		dup2(terminal >= 0 && socket >= 0 && (head[1] & 1 << i) ? terminal : fds[i + 1], i);
	for (int i = 0; i < 4; i++)
		if (fds[i] > 2)
			close(fds[i]);
	if (terminal >= 0)
		ioctl(terminal, TIOCSCTTY, 0);
	pid_t pid = fork();
	if (pid == 0)
		run(&program, socket, terminal);
	setpgid(pid, pid);
	/* So that who reads a stream of the program sees its end. */
	int nothing = socket >= 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
	for (int i = 0; i < 3 && nothing >= 0; i++)
		dup2(nothing, i);
	int status = pid < 0 ? OWN_FAILURE << 8 : watch(pid, &program, socket, terminal, stay);
	char message[5] = { 'x' };
	memcpy(message + 1, &status, 4);
	send(socket, message, sizeof message, MSG_NOSIGNAL);
	return status;
}

/* ---- init ---- */

static pid_t shepherds[SHEPHERDS_MAX];

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void begin(int socket, bool stay)
{
	int i = 0;
	while (i < SHEPHERDS_MAX && shepherds[i])
		i++;
	pid_t pid = i < SHEPHERDS_MAX ? fork() : -1;
	if (pid == 0) {
		close(LAUNCH_FD);
		_exit(code_of(shepherd(socket, stay)));
	}
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
	bool launch = argc > 1 && strcmp(argv[1], "launch") == 0, stay = argc > 2 && strcmp(argv[2], "stay") == 0;
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
		begin(-1, stay);
	struct pollfd watched[2] = { { .fd = signals, .events = POLLIN }, { .fd = launch ? LAUNCH_FD : -1, .events = POLLIN } };
	for (;;) {
		int ready = poll(watched, 2, ending ? ENDING_MS : -1);
		if (watched[1].revents) {
			int socket = accept4(LAUNCH_FD, NULL, NULL, SOCK_CLOEXEC);
			/* Shut for an init that boots again from inside: whoever called is gone. */
			if (socket < 0)
				return OWN_FAILURE;
			if (!stay) {
				shutdown(LAUNCH_FD, SHUT_RDWR);
				watched[1].fd = -1;
			}
			begin(socket, stay);
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
