/*
 * holm-monitor - the one process between holmd and liblxc.
 *
 *   holm-monitor start  LXCPATH NAME EXITFILE LOGFILE LEVEL -- [ARGV...]    one per running instance
 *   holm-monitor attach LXCPATH NAME UID GID CWD [-t] -- ARGV...             one per exec
 *
 * It is C, because liblxc starts a container in the foreground only from a single-threaded process, and .NET never is one.
 * It is small, because it stays resident: one liblxc container object, no allocation of its own while it waits.
 *
 *      holmd --posix_spawn--> monitor (parsed) --start()--> running --init ends--> EXITFILE written --> gone
 *                                   ^                          |
 *                                   '----- reboot inside ------'   (liblxc starts init again within start())
 *
 * Environment of the app arrives on descriptor 3 as NUL-terminated NAME=value strings, because the environment of this program
 * itself is read by the dynamic linker and by liblxc (PATH: with newuidmap on it liblxc would use it). It never meets a parser.
 * start: what descriptors 4 and 5 are reaches init (src/native/init.c): a program and a listening socket, or /dev/null.
 * attach: descriptor 4 is a pipe from holmd. A byte there says go: until then everything is made ready and nothing is run. End of file
 * means holmd is gone, or the caller never came, and the command must go too.
 *
 * Exit codes: start 0 (EXITFILE tells the rest), attach: the command's own, 128+N by signal N, 126/127 as a shell's; 125 own failure.
 * EXITFILE: one line, "exited WAITSTATUS" (as wait(2)) or "failed".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <lxc/lxccontainer.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENVIRONMENT_FD = 3, LIFE_FD = 4, OWN_FAILURE = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

static int fail(const char *doing, const char *what)
{
	fprintf(stderr, "holm-monitor: %s %s: %s\n", doing, what, strerror(errno));
	return OWN_FAILURE;
}

/* The environment block as a NULL-terminated vector, or NULL. The block is kept for the life of the process. */
static char **read_environment(void)
{
	struct stat info;
	if (fstat(ENVIRONMENT_FD, &info) < 0 || info.st_size < 0)
		return NULL;
	size_t size = (size_t)info.st_size, count = 0, have = 0;
	char *block = malloc(size + 1);
	if (!block)
		return NULL;
	while (have < size) {
		ssize_t got = pread(ENVIRONMENT_FD, block + have, size - have, (off_t)have);
		if (got <= 0)
			return NULL;
		have += (size_t)got;
	}
	block[size] = 0;
	close(ENVIRONMENT_FD);

	for (size_t i = 0; i < size; i++)
		count += block[i] == 0;
	char **entries = calloc(count + 1, sizeof *entries);
	if (!entries)
		return NULL;
	char *next = block;
	for (size_t i = 0; i < count; i++, next += strlen(next) + 1)
		entries[i] = next;
	return entries;
}

/* Old name or new: the reader sees no file, or a whole one. */
static int write_exit_file(const char *path, const char *line)
{
	char temporary[4096];
	if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary)
		return fail("write", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail("write", temporary);
	ssize_t written = write(fd, line, strlen(line));
	close(fd);
	if (written != (ssize_t)strlen(line) || rename(temporary, path) < 0)
		return fail("write", path);
	return 0;
}

static struct lxc_container *open_container(const char *lxcpath, const char *name)
{
	struct lxc_container *container = lxc_container_new(name, lxcpath);
	if (!container || !container->is_defined(container)) {
		fprintf(stderr, "holm-monitor: read the configuration of %s below %s: liblxc refused it\n", name, lxcpath);
		return NULL;
	}
	return container;
}

static int start(int argc, char **argv)
{
	if (argc < 6 || strcmp(argv[5], "--") != 0)
		return OWN_FAILURE;
	const char *lxcpath = argv[0], *name = argv[1], *exit_file = argv[2], *log_file = argv[3];
	char *const *init = argc > 6 ? argv + 6 : NULL;
	char line[64];

	char **environment = read_environment();
	if (!environment)
		return fail("read the environment of", name);
	struct lxc_log log = { .name = name, .lxcpath = lxcpath, .file = log_file, .level = argv[4], .prefix = "holm", .quiet = true };
	if (lxc_log_init(&log) < 0)
		return fail("open the log of", name);
	struct lxc_container *container = open_container(lxcpath, name);
	if (!container)
		return OWN_FAILURE;
	for (char **entry = environment; *entry; entry++)
		if (!container->set_config_item(container, "lxc.environment", *entry))
			return fail("set the environment of", name);
	container->want_daemonize(container, false);
	/* Only holm-init gets descriptors; nothing else is open that is not close-on-exec, holmd has seen to that. */
	container->want_close_all_fds(container, !init || strcmp(init[0], "/dev/.holm-init") != 0);

	bool started = container->start(container, 0, init);
	/* liblxc packs an end by signal as wait(2) packs a stop; start.c:signal_handler. */
	int status = container->error_num;
	if (WIFSTOPPED(status))
		status = WSTOPSIG(status);
	if (started)
		snprintf(line, sizeof line, "exited %d\n", status);
	else
		snprintf(line, sizeof line, "failed %d\n", container->error_num);
	return write_exit_file(exit_file, line);
}

/* ---- attach ---- */

struct program {
	char **argv;
	const char *cwd;
	bool terminal;
};

static volatile sig_atomic_t command_pid;

static void forward(int signal)
{
	if (command_pid > 0)
		kill(command_pid, signal);
}

/* Runs inside the container, as the last code before the command. Descriptors 0 to 2 are the command's already. */
static int run_command(void *payload)
{
	struct program *program = payload;
	sigset_t none;
	/* A killed attach must not leave its command behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* liblxc may have made a session already; only the first call counts. */
	setsid();
	if (program->terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		fail("take the terminal for", program->argv[0]);
	syscall(SYS_close_range, 3U, ~0U, 0U);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* liblxc goes to / where it cannot enter a folder; a command that was given one must not run elsewhere. */
	if (*program->cwd && chdir(program->cwd) < 0) {
		dprintf(STDERR_FILENO, "holm: enter %s: %s\n", program->cwd, strerror(errno));
		return OWN_FAILURE;
	}
	execvp(program->argv[0], program->argv);
	int error = errno;
	dprintf(STDERR_FILENO, "holm: run %s: %s\n", program->argv[0], strerror(error));
	return error == ENOENT || error == ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE;
}

/* Waits for the command; ends it when holmd has gone. Returns its status as a shell says it. */
static int wait_for(pid_t pid)
{
	int status, pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd watched[2] = { { .fd = pidfd, .events = POLLIN }, { .fd = LIFE_FD, .events = POLLIN } };
	while (pidfd >= 0) {
		int ready = poll(watched, 2, -1);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0 || watched[0].revents)
			break;
		if (watched[1].revents) {
			kill(pid, SIGKILL);
			watched[1].fd = -1;
		}
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return OWN_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int attach(int argc, char **argv)
{
	if (argc < 6)
		return OWN_FAILURE;
	const char *lxcpath = argv[0], *name = argv[1];
	lxc_attach_options_t options = LXC_ATTACH_OPTIONS_DEFAULT;
	lxc_groups_t no_groups = { .size = 0, .list = NULL };
	options.uid = (uid_t)strtoul(argv[2], NULL, 10);
	options.gid = (gid_t)strtoul(argv[3], NULL, 10);
	options.initial_cwd = *argv[4] ? argv[4] : options.uid == 0 ? "/root" : "/";
	options.env_policy = LXC_ATTACH_CLEAR_ENV;
	options.attach_flags |= LXC_ATTACH_SETGROUPS;
	options.groups = no_groups;
	struct program program = { .cwd = argv[4], .terminal = strcmp(argv[5], "-t") == 0 };
	program.argv = argv + (program.terminal ? 7 : 6);
	if (argc <= program.argv - argv || strcmp(program.argv[-1], "--") != 0)
		return OWN_FAILURE;

	options.extra_env_vars = read_environment();
	if (!options.extra_env_vars)
		return fail("read the environment for", program.argv[0]);
	struct lxc_container *container = open_container(lxcpath, name);
	if (!container)
		return OWN_FAILURE;

	char go;
	if (read(LIFE_FD, &go, 1) != 1)
		return OWN_FAILURE;

	/* Signals that arrive before there is a command to send them to wait. */
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &all, NULL);
	pid_t pid = -1;
	if (container->attach(container, run_command, &program, &options, &pid) < 0)
		return fail("enter", name);
	command_pid = pid;
	for (int signal = 1; signal < 32; signal++)
		if (signal != SIGKILL && signal != SIGSTOP && signal != SIGCHLD)
			sigaction(signal, &(struct sigaction){ .sa_handler = forward }, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return wait_for(pid);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "start") == 0)
		return start(argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], "attach") == 0)
		return attach(argc - 2, argv + 2);
	fprintf(stderr, "holm-monitor: started by holmd, not by hand\n");
	return OWN_FAILURE;
}
