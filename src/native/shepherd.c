/*
 * What holm-init does for one program, and for whoever called it.
 *
 * One shepherd a program: it has the terminal's session, so that ^Z stops the program as under a shell, and it speaks with the caller.
 *
 *     caller -> shepherd   'L' BITS ROWS COLUMNS, with descriptors: program, stdin, stdout, stderr     (first, once)
 *                          BITS: 1, 2, 4 which streams are terminals; 8, 16, 32 which are closed for the program
 *                          's' SIGNAL  to the program;  'S' SIGNAL  to its group;  'c'  go on after a stop
 *     shepherd -> caller   'b'  it has the caller's program; who never gets this was never heard
 *                          'p' ATTACH with a descriptor: the terminal's master, when stdin and stdout are terminals
 *                          'e' CODE text: why not;  't' SIGNAL: it has stopped;  'x' STATUS (wait(2), 4 bytes): that was all
 *     the socket closes    the caller is gone: so is the program, unless "stay" or "attach"
 *
 * With "attach" the shepherd keeps the master too, moves it to whoever calls next, and throws away what nobody is there to read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

/* The next of a block of NUL-terminated strings, or NULL. */
static char *next(char **at, char *end)
{
	char *text = *at < end ? *at : NULL;
	*at += text ? strlen(text) + 1 : 0;
	return text;
}

int read_program(int fd, struct program *program)
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
	char *at = text, **strings = calloc(count + 2, sizeof *strings), *field[10];
	for (int i = 0; i < 10; i++)
		if (!strings || !(field[i] = next(&at, end)))
			return -1;
	program->user = (uid_t)strtoul(field[1], NULL, 10);
	program->group = (gid_t)strtoul(field[2], NULL, 10);
	for (char *one = strtok(field[3], ","); one && program->group_count < GROUPS_MAX; one = strtok(NULL, ","))
		program->groups[program->group_count++] = (gid_t)strtoul(one, NULL, 10);
	program->mask = (mode_t)strtoul(field[4], NULL, 8);
	program->stop_signal = atoi(field[5]);
	program->ignored = (unsigned)strtoul(field[6], NULL, 10);
	program->limits = field[7];
	program->folder = field[8];
	size_t arguments = strtoul(field[9], NULL, 10), i = 0;
	if (strcmp(field[0], "2") != 0 || arguments < 1 || arguments + 10 > count)
		return -1;
	program->arguments = strings;
	while (i < arguments)
		strings[i++] = next(&at, end);
	program->environment = strings + ++i;
	while ((strings[i++] = next(&at, end)))
		;
	return 0;
}

static void send_text(int caller, int code, const char *text)
{
	char message[512] = { 'e', (char)code };
	send(caller, message, 2 + (size_t)snprintf(message + 2, sizeof message - 2, "%.500s", text), MSG_NOSIGNAL);
}

static void send_end(int caller, int status)
{
	char message[5] = { 'x' };
	memcpy(message + 1, &status, 4);
	send(caller, message, sizeof message, MSG_NOSIGNAL);
}

static void refuse(int caller, int code, const char *doing, const char *what, int error)
{
	char text[500];
	snprintf(text, sizeof text, "%s %.400s: %s", doing, what, strerror(error));
	if (caller < 0)
		dprintf(STDERR_FILENO, "holm: %s\n", text);
	send_text(caller, code, text);
	_exit(code);
}

/* None becomes more than the instance's own. */
static void set_limits(char *text)
{
	struct rlimit own;
	for (int resource = 0; *text && getrlimit(resource, &own) == 0; resource++) {
		rlim_t soft = strtoull(text, &text, 10), hard = strtoull(text + 1, &text, 10);
		own.rlim_max = hard < own.rlim_max ? hard : own.rlim_max;
		own.rlim_cur = soft < own.rlim_max ? soft : own.rlim_max;
		setrlimit(resource, &own);
		text += *text == ' ';
	}
}

/* Descriptors 0 to 2 are its own, every other is close-on-exec. */
void run(const struct program *program, int socket, int terminal)
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
	set_limits(program->limits);
	for (int number = 1; number < 32; number++)
		if (program->ignored >> (number - 1) & 1)
			signal(number, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &all_signals, NULL);
	execvpe(name, program->arguments, program->environment);
	refuse(socket, errno == ENOENT || errno == ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE, "run", name, errno);
}

enum { LEAVING_MS = 2000 };

/* What a shepherd looks after; -1: no caller, no terminal, nobody but the caller has its master. */
struct charge {
	struct program program;
	pid_t pid;
	int caller, terminal, master;
};

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

static int send_master(int caller, int master)
{
	union { struct cmsghdr head; char space[CMSG_SPACE(sizeof(int))]; } control = { .head = {
		.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = { .msg_iov = &(struct iovec){ (char[]){ 'p', attach }, 2 }, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof control };
	memcpy(CMSG_DATA(&control.head), &master, sizeof master);
	return sendmsg(caller, &message, MSG_NOSIGNAL) == 2 ? 0 : -1;
}

static struct winsize size_of(const unsigned char *head)
{
	return (struct winsize){ .ws_row = (unsigned short)(head[2] | head[3] << 8), .ws_col = (unsigned short)(head[4] | head[5] << 8) };
}

/* A terminal of the container's own; the caller gets its master. */
static void open_terminal(struct charge *charge, const unsigned char *head)
{
	struct winsize size = size_of(head);
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0;
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return;
	charge->terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fchown(charge->terminal, charge->program.user, (gid_t)-1) < 0 || ioctl(master, TIOCSWINSZ, &size) < 0 ||
	    send_master(charge->caller, master) < 0)
		charge->terminal = -1;
	if (attach)
		charge->master = master;
	else
		close(master);
}

/* In front of the terminal there may be another group than the program's by now. */
static void go_on(const struct charge *charge)
{
	pid_t front = charge->terminal >= 0 ? tcgetpgrp(charge->terminal) : -1;
	if (front > 0)
		kill(-front, SIGCONT);
	kill(-charge->pid, SIGCONT);
}

static void leave(struct charge *charge)
{
	send_end(charge->caller, 0);
	close(charge->caller);
	charge->caller = -1;
}

/* The terminal moves to another caller. */
static void join(struct charge *charge)
{
	unsigned char head[6];
	int fds[4], caller = accept4(LAUNCH_FD, NULL, NULL, SOCK_CLOEXEC);
	bool called = receive_launch(caller, head, sizeof head, fds) == 0, can = called && (head[1] & 3) == 3 && charge->master >= 0;
	for (int i = 0; called && i < 4; i++)
		close(fds[i]);
	int left = can ? charge->caller : caller;
	send_text(left, OWN_FAILURE, can ? "it goes on in the terminal that has joined it" : charge->master < 0 ?
		"it runs, and cannot be joined: it was not called in a terminal" : "it runs, and is joined in a terminal only");
	send_end(left, can ? 0 : OWN_FAILURE << 8);
	/* Until it has gone, both would read what the program prints. */
	poll(&(struct pollfd){ .fd = can ? left : -1 }, 1, can ? LEAVING_MS : 0);
	close(left);
	if (!can)
		return;
	charge->caller = caller;
	struct winsize size = size_of(head);
	ioctl(charge->master, TIOCSWINSZ, &size);
	send_master(caller, charge->master);
	go_on(charge);
	/* Who draws a whole screen draws it again. */
	kill(-tcgetpgrp(charge->terminal), SIGWINCH);
}

static void take_order(struct charge *charge)
{
	unsigned char order[2] = { 0 };
	ssize_t length = recv(charge->caller, order, sizeof order, MSG_DONTWAIT);
	bool gone = length == 0 || (length < 0 && errno != EAGAIN), hangs_up = order[0] != 'c' && order[1] == SIGHUP;
	if (gone && !stay && !attach)
		kill(-charge->pid, SIGKILL);
	if (gone || (attach && hangs_up))
		leave(charge);
	else if (order[0] == 's' || order[0] == 'S')
		kill(order[0] == 's' ? charge->pid : -charge->pid, order[1]);
	else if (order[0] == 'c')
		go_on(charge);
}

/* Watches the program and its caller until the program has ended. Returns its status as wait(2). */
static int watch(struct charge *charge)
{
	int status, signals = signalfd(-1, &all_signals, SFD_CLOEXEC);
	for (;;) {
		while (waitpid(charge->pid, &status, WNOHANG | WUNTRACED) == charge->pid) {
			if (!WIFSTOPPED(status))
				return status;
			send(charge->caller, (char[]){ 't', (char)WSTOPSIG(status) }, 2, MSG_NOSIGNAL);
		}
		/* What nobody reads must not hold the program up. */
		int unheard = charge->caller < 0 ? charge->master : -1;
		struct pollfd watched[4] = { { .fd = signals, .events = POLLIN }, { .fd = charge->caller, .events = POLLIN },
			{ .fd = attach ? LAUNCH_FD : -1, .events = POLLIN }, { .fd = unheard, .events = POLLIN } };
		char unread[4096];
		if (poll(watched, 4, -1) < 0 || (watched[3].revents && read(charge->master, unread, sizeof unread) < 0))
			continue;
		struct signalfd_siginfo info;
		if (watched[0].revents && read(signals, &info, sizeof info) > 0 && info.ssi_signo == SIGTERM && info.ssi_pid == 1)
			for (int i = 0; i < 2; i++)
				kill(charge->pid, i == 0 ? charge->program.stop_signal : SIGCONT);
		if (watched[1].revents)
			take_order(charge);
		if (watched[2].revents)
			join(charge);
	}
}

int shepherd(int caller)
{
	unsigned char head[6] = { 'L' };
	int fds[4] = { APP_FD, 0, 1, 2 };
	struct charge charge = { .caller = caller, .terminal = -1, .master = -1 };
	if ((caller >= 0 && receive_launch(caller, head, sizeof head, fds) < 0) || read_program(fds[0], &charge.program) < 0)
		return OWN_FAILURE << 8;
	setsid();
	send(caller, "b", 1, MSG_NOSIGNAL);
	if (caller >= 0 && (head[1] & 3) == 3)
		open_terminal(&charge, head);
	else if (caller < 0 && isatty(0))
		charge.terminal = fcntl(0, F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < 3; i++)
		dup2(charge.terminal >= 0 && caller >= 0 && (head[1] & 1 << i) ? charge.terminal : fds[i + 1], i);
	for (int i = 0; i < 4; i++)
		if (fds[i] > 2)
			close(fds[i]);
	if (charge.terminal >= 0)
		ioctl(charge.terminal, TIOCSCTTY, 0);
	charge.pid = fork();
	for (int i = 0; charge.pid == 0 && i < 3; i++)
		if (head[1] & 8 << i)
			close(i);
	if (charge.pid == 0)
		run(&charge.program, caller, charge.terminal);
	setpgid(charge.pid, charge.pid);
	/* So that who reads a stream of the program sees its end. */
	int nothing = caller >= 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
	for (int i = 0; i < 3 && nothing >= 0; i++)
		dup2(nothing, i);
	int status = charge.pid < 0 ? OWN_FAILURE << 8 : watch(&charge);
	/* Who calls from here on begins it anew. */
	if (attach)
		shutdown(LAUNCH_FD, SHUT_RDWR);
	send_end(charge.caller, status);
	return status;
}
