// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes one checkpoint(2) or restart(2) call and reports its result.
 *
 *	crcall checkpoint PID IMAGE [OPTION=VALUE]...
 *	crcall restart IMAGE [OPTION=VALUE]...
 *
 * IMAGE is a path, fd:N for an inherited descriptor, or none for -1.
 *
 *	flags=N		flags of the call; 0 by default (restart: in place)
 *	crid=N		restart's first argument
 *	args=1		pass the args structure, with or without what follows
 *	aflags=N	flags in the args structure
 *	outside=A,B	checkpoint: descriptors that the restarter will supply
 *	inherit=A=B,C=D	restart: the image's descriptor and the one to use
 *	log=PATH	file for messages
 *	timeout=MS	checkpoint: how long to try to stop the tree
 *	clock=N		restart: clock policy
 *	alarm=MS	a signal that is handled arrives after that time
 *	report=N	descriptor for the report, 1 by default
 *
 * The report is one line "ret=R errno=NAME bytes=B stop_ns=S total_ns=T".
 */
#include <sys/time.h>

#include "cr_test.h"

struct opts {
	const char *image, *log;
	unsigned long flags;
	bool args;
	int crid, report, timeout, clock, alarm;
	unsigned long long aflags;
	int outside[64];
	struct restart_fdmap inherit[64];
	int nr_outside, nr_inherit;
};

static CR_NORETURN void usage(const char *what)
{
	fprintf(stderr, "crcall: bad argument: %s\n", what);
	exit(2);
}

static void parse_list(struct opts *o, char *val, bool map)
{
	char *tok, *save;

	for (tok = strtok_r(val, ",", &save); tok; tok = strtok_r(NULL, ",", &save)) {
		if (map) {
			struct restart_fdmap *m = &o->inherit[o->nr_inherit];

			if (o->nr_inherit == 64 || sscanf(tok, "%d=%d", &m->image_fd, &m->fd) != 2)
				usage(tok);
			o->nr_inherit++;
		} else {
			if (o->nr_outside == 64)
				usage(tok);
			o->outside[o->nr_outside++] = atoi(tok);
		}
	}
	o->args = true;
}

static void parse(struct opts *o, char *arg)
{
	char *val = strchr(arg, '=');

	if (!val)
		usage(arg);
	*val++ = 0;
	if (!strcmp(arg, "flags")) {
		o->flags = strtoul(val, NULL, 0);
	} else if (!strcmp(arg, "crid")) {
		o->crid = atoi(val);
	} else if (!strcmp(arg, "args")) {
		o->args = atoi(val);
	} else if (!strcmp(arg, "aflags")) {
		o->aflags = strtoull(val, NULL, 0);
		o->args = true;
	} else if (!strcmp(arg, "outside")) {
		parse_list(o, val, false);
	} else if (!strcmp(arg, "inherit")) {
		parse_list(o, val, true);
	} else if (!strcmp(arg, "log")) {
		o->log = val;
		o->args = true;
	} else if (!strcmp(arg, "timeout")) {
		o->timeout = atoi(val);
		o->args = true;
	} else if (!strcmp(arg, "clock")) {
		o->clock = atoi(val);
		o->args = true;
	} else if (!strcmp(arg, "alarm")) {
		o->alarm = atoi(val);
	} else if (!strcmp(arg, "report")) {
		o->report = atoi(val);
	} else {
		usage(arg);
	}
}

static int open_image(const char *image, int flags)
{
	int fd;

	if (!strcmp(image, "none"))
		return -1;
	if (sscanf(image, "fd:%d", &fd) == 1)
		return fd;
	fd = open(image, flags | O_CLOEXEC, 0600);
	if (fd < 0) {
		perror(image);
		exit(2);
	}
	return fd;
}

/* A descriptor above those that a restarted program may want to inherit. */
static int open_log(const char *path)
{
	int fd, high;

	if (!path)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0) {
		perror(path);
		exit(2);
	}
	high = fcntl(fd, F_DUPFD_CLOEXEC, 200);
	close(fd);
	return high;
}

static int report(const struct opts *o, long ret, int err, const struct checkpoint_stats *st)
{
	dprintf(o->report, "ret=%ld errno=%s bytes=%llu stop_ns=%llu total_ns=%llu\n", ret,
		ret < 0 ? strerrorname_np(err) : "0", (unsigned long long)st->bytes,
		(unsigned long long)st->stop_ns, (unsigned long long)st->total_ns);
	return ret < 0;
}

static void on_alarm(int sig CR_UNUSED)
{
}

static void set_alarm(int ms)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	if (sigaction(SIGALRM, &sa, NULL) || setitimer(ITIMER_REAL, &it, NULL)) {
		perror("setitimer");
		exit(2);
	}
}

static int do_checkpoint(struct opts *o, pid_t pid)
{
	int fd = open_image(o->image, O_WRONLY | O_CREAT | O_TRUNC);
	struct checkpoint_stats st = { 0 };
	struct checkpoint_args ca = {
		.flags = o->aflags,
		.log_fd = open_log(o->log),
		.parent = -1,
		.timeout_ms = o->timeout,
		.nr_outside = o->nr_outside,
		.outside = (uintptr_t)o->outside,
		.stats = (uintptr_t)&st,
		.stats_size = sizeof(st),
	};
	long ret;

	if (!o->nr_outside)
		ca.outside = 0;
	/* A pipe without a reader is to be an errno. */
	signal(SIGPIPE, SIG_IGN);
	if (o->alarm)
		set_alarm(o->alarm);
	if (o->args)
		ret = syscall(__NR_checkpoint, pid, fd, o->flags | CHECKPOINT_ARGS, &ca, sizeof(ca));
	else
		ret = syscall(__NR_checkpoint, pid, fd, o->flags);
	return report(o, ret, errno, &st);
}

static int do_restart(struct opts *o)
{
	int fd = open_image(o->image, O_RDONLY);
	struct checkpoint_stats st = { 0 };
	struct restart_args ra = {
		.flags = o->aflags,
		.log_fd = open_log(o->log),
		.clock_policy = o->clock,
		.nr_inherit = o->nr_inherit,
		.inherit = (uintptr_t)o->inherit,
		.stats = (uintptr_t)&st,
		.stats_size = sizeof(st),
	};
	long ret;

	/* In place, nothing of this program is left to take the figures. */
	if (!(o->flags & RESTART_CHILD))
		ra.stats = ra.stats_size = 0;
	if (!o->nr_inherit)
		ra.inherit = 0;
	if (o->args)
		ret = syscall(__NR_restart, o->crid, fd, o->flags | RESTART_ARGS, &ra, sizeof(ra));
	else
		ret = syscall(__NR_restart, o->crid, fd, o->flags);
	return report(o, ret, errno, &st);
}

int main(int argc, char **argv)
{
	struct opts o = { .report = 1 };
	int i, first;
	bool save;

	if (argc < 3)
		usage("too few");
	save = !strcmp(argv[1], "checkpoint");
	if (!save && strcmp(argv[1], "restart"))
		usage(argv[1]);
	first = save ? 4 : 3;
	if (argc < first)
		usage("too few");
	o.image = argv[first - 1];
	for (i = first; i < argc; i++)
		parse(&o, argv[i]);
	return save ? do_checkpoint(&o, atoi(argv[2])) : do_restart(&o);
}
