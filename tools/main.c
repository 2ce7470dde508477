/* SPDX-License-Identifier: Apache-2.0 */
/* The `bulkhead` command: reads its arguments and calls what they ask for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/analysis.h"
#include "tools/debug.h"
#include "tools/draw.h"
#include "tools/errors.h"
#include "tools/explain.h"
#include "tools/header.h"
#include "tools/link_socket.h"
#include "tools/plan.h"
#include "tools/policy.h"
#include "tools/run.h"
#include "tools/trace.h"

int audit_main(int argc, char **argv); /* audit.c */

static const char help[] =
	"Usage: bulkhead COMMAND ...\n"
	"\n"
	"  check SYSTEM                  says all that is wrong with a description, and what its schedule promises\n"
	"      --json                    the promises for a program to read\n"
	"  build SYSTEM [-o IMAGE]       makes the image, and a report of what is where\n"
	"  run SYSTEM [options] [-- ...] builds and starts it in QEMU; what follows -- goes to QEMU\n"
	"      --until REGEX             ends when a line of the console shows it; exit status 0 only then\n"
	"      --timeout SECONDS         ends then, with exit status 1\n"
	"      --log FILE                keeps what the console shows\n"
	"      --trace FILE              keeps the trace of all cores as it is when the run ends\n"
	"  trace FILE SYSTEM [-o OUT]    says what a kept trace shows: as text, or OUT.svg: the timeline, planned and actual;\n"
	"                                OUT.pftrace: for Perfetto; OUT.json or --json: for a program to read\n"
	"      --from MS --to MS, --last MS\n"
	"                                only this part of it\n"
	"  header SYSTEM PARTITION [-o FILE]\n"
	"                                writes the numbers of its ports as a C header; needs no payload\n"
	"  audit IMAGE SYSTEM            proves that an image is what a description says\n"
	"  explain LOG SYSTEM            says of each fault in what a console showed (LOG: a file, or -) what is there, and\n"
	"                                which line of the description would permit it; 1: nothing to explain\n"
	"  draw SYSTEM [-o FILE] [--dot] draws it: FILE.svg, .png or .pdf, or an SVG to the standard output;\n"
	"                                --dot: the graph as text; --schedule: who runs when, as an SVG\n"
	"  gdb SYSTEM PARTITION [-- ...] attaches gdb to one partition of a system that `bulkhead run` has started; what\n"
	"                                follows -- goes to gdb\n"
	"  link SYSTEM PARTITION         gdb's remote protocol of that partition, on the standard input and output\n"
	"  dump SYSTEM PARTITION [-o FILE]\n"
	"                                fetches its last crash dump, a core file for gdb\n"
	"\n"
	"SYSTEM is a folder with a system.dts, or a .dts file. Images go to the folder that holds this program.\n"
	"Exit status: 0 done, 1 refused, 2 wrong use; of run also 3: the kernel has panicked.\n";

static _Noreturn void usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
static _Noreturn void usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "bulkhead: %s\n\n%s", vtext(format, args), help);
	va_end(args);
	exit(2);
}

static void plan_parts(struct plan *p)
{
	uint32_t regions = 0;

	for (uint32_t i = 0; i < p->n_parts; i++)
		windows_plan(p, &p->part[i]);
	for (uint32_t i = 0; i < p->n_parts; i++)
		payload_plan(p, &p->part[i]);
	for (uint32_t i = 0; i < p->n_parts; i++) {
		boot_plan(&p->part[i]);
		space_plan(p, &p->part[i]);
	}
	monitor_check(p);
	info_plan(p);
	for (uint32_t i = 0; i < p->n_parts; i++)
		regions += p->part[i].n_regions;
	if (regions > BH_MAX_REGIONS)
		blame(p, "/partitions", NULL, "have %u regions together (RAM, devices, windows, shared memory); a system can have %u", regions,
		      BH_MAX_REGIONS);
}

bool plan_description(struct plan *p, const char *system)
{
	source_read(p, system);
	if (!p->fdt)
		return false;
	board_plan(p);
	describe(p);
	if (p->n_parts == 0)
		return false;
	relate(p);
	schedule_plan(p);
	health_plan(p);
	channels_read(p);
	channels_relate(p);
	link_check(p);
	grants_check(p);
	dedicated_check(p);
	return true;
}

void plan_system(struct plan *p, const char *system)
{
	if (!plan_description(p, system))
		return;
	policy_check(p);
	analysis_check(p);
	kernel_read(p);
	plan_parts(p);
	layout(p);
}

/* Ends the tool where the description is wrong. */
static struct plan *plan_good(const char *system)
{
	struct plan *p = take(sizeof(*p));

	plan_system(p, system);
	if (errors_tell(p))
		exit(1);
	return p;
}

/* What the description says by itself. Ends the tool where that is wrong. */
static struct plan *plan_read(const char *system)
{
	struct plan *p = take(sizeof(*p));

	plan_description(p, system);
	if (errors_tell(p))
		exit(1);
	return p;
}

static void write_report(const struct plan *p, const char *image)
{
	const char *end = strrchr(image, '.'), *all = report(p);
	int stem = end && strcmp(end, ".img") == 0 ? (int)(end - image) : (int)strlen(image);

	file_write(text("%.*s.report.txt", stem, image), all, strlen(all));
}

/* What an earlier build left does not stay beside a description that is refused. (DESC-1) */
static const char *build(const char *system, const char *image, struct plan **out)
{
	struct plan *p = take(sizeof(*p));

	plan_system(p, system);
	if (!image)
		image = text("%s/%s.img", p->tool, p->name);
	if (errors_tell(p)) {
		if (unlink(image) != 0 && errno != ENOENT)
			fprintf(stderr, "bulkhead: cannot remove %s: %s\n", image, strerror(errno));
		exit(1);
	}
	image_write(p);
	file_write(image, p->image.at, p->image.n);
	write_report(p, image);
	*out = p;
	return image;
}

static const char *one_system(const char *command, const char *given, const char *argument)
{
	if (given)
		usage("%s takes one system, not %s and %s", command, given, argument);
	return argument;
}

static const struct plan *plan_made(const char *system)
{
	struct plan *p = plan_good(system);

	image_write(p);
	return p;
}

static int check_main(int argc, char **argv)
{
	const char *system = NULL;
	bool json = false;
	const struct plan *p;

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (argv[i][0] == '-')
			usage("check has no option %s", argv[i]);
		else
			system = one_system("check", system, argv[i]);
	}
	if (!system)
		usage("check takes one system");
	p = plan_made(system);
	if (json)
		fputs(analysis_json(p), stdout);
	else
		printf("%s: good\n%s", p->dts, analysis_text(p));
	return 0;
}

static int build_main(int argc, char **argv)
{
	const char *system = NULL, *image = NULL;
	struct plan *p;

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
			image = argv[++i];
		else if (argv[i][0] == '-')
			usage("build has no option %s", argv[i]);
		else
			system = one_system("build", system, argv[i]);
	}
	if (!system)
		usage("build takes a system");
	image = build(system, image, &p);
	printf("%s  %s\n", report_short(p), image);
	return 0;
}

static int header_main(int argc, char **argv)
{
	const char *system = NULL, *name = NULL, *file = NULL, *made;
	struct plan *p = take(sizeof(*p));

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
			file = argv[++i];
		else if (argv[i][0] == '-')
			usage("header has no option %s", argv[i]);
		else if (!system)
			system = argv[i];
		else if (!name)
			name = argv[i];
		else
			usage("header takes one system and one partition; %s is too much", argv[i]);
	}
	if (!name)
		usage("header takes a system and a partition");
	plan_description(p, system);
	made = p->n_errors ? NULL : header(p, name);
	if (errors_tell(p))
		return 1;
	if (file)
		file_write(file, made, strlen(made));
	else
		fputs(made, stdout);
	return 0;
}

static int explain_command(int argc, char **argv)
{
	if (argc != 4)
		usage("explain takes a log and a system");
	return explain(argv[2], argv[3]);
}

static int draw_time(const struct plan *p, const char *file)
{
	const char *end = file ? strrchr(file, '.') : ".svg";

	if (!p->analysis)
		fail("%s has no windows, reservations, modes or tasks: there is no schedule to draw", p->dts);
	if (!end || strcmp(end, ".svg") != 0)
		usage("draw --schedule makes an SVG: %s must end in .svg", file);
	if (file)
		file_write(file, draw_schedule(p), strlen(draw_schedule(p)));
	else
		fputs(draw_schedule(p), stdout);
	return 0;
}

static int draw_main(int argc, char **argv)
{
	const char *system = NULL, *file = NULL;
	struct plan *p = take(sizeof(*p));
	bool dot = false, schedule = false;

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
			file = argv[++i];
		else if (strcmp(argv[i], "--dot") == 0)
			dot = true;
		else if (strcmp(argv[i], "--schedule") == 0)
			schedule = true;
		else if (argv[i][0] == '-')
			usage("draw has no option %s", argv[i]);
		else
			system = one_system("draw", system, argv[i]);
	}
	if (!system)
		usage("draw takes a system");
	if (dot && schedule)
		usage("draw makes one picture: --dot or --schedule");
	if (plan_description(p, system)) {
		p->policy = policy_read(p);
		analysis_check(p);
	}
	if (errors_tell(p))
		return 1;
	if (schedule)
		return draw_time(p, file);
	if (!dot)
		return draw_picture(draw(p), file);
	if (file)
		file_write(file, draw(p), strlen(draw(p)));
	else
		fputs(draw(p), stdout);
	return 0;
}

static uint32_t seconds_of(const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (end == s || *end || n == 0 || n > 1000000)
		usage("--timeout takes a number of seconds, not %s", s);
	return (uint32_t)n;
}

static int run_main(int argc, char **argv)
{
	struct run_options o = { .until = NULL };
	const char *system = NULL, *image;
	struct plan *p;

	for (int i = 2; i < argc && !o.extra; i++) {
		if (strcmp(argv[i], "--") == 0)
			o.extra = argv + i + 1;
		else if (strcmp(argv[i], "--until") == 0 && i + 1 < argc)
			o.until = argv[++i];
		else if (strcmp(argv[i], "--timeout") == 0 && i + 1 < argc)
			o.timeout_s = seconds_of(argv[++i]);
		else if (strcmp(argv[i], "--log") == 0 && i + 1 < argc)
			o.log = argv[++i];
		else if (strcmp(argv[i], "--trace") == 0 && i + 1 < argc)
			o.trace = argv[++i];
		else if (argv[i][0] == '-')
			usage("run has no option %s, or it lacks its value", argv[i]);
		else
			system = one_system("run", system, argv[i]);
	}
	if (!system)
		usage("run takes a system");
	if (o.until)
		run_check_pattern(o.until);
	image = build(system, NULL, &p);
	return run(p, image, &o);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "--help";

	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 || strcmp(command, "help") == 0) {
		fputs(help, stdout);
		return argc > 1 ? 0 : 2;
	}
	if (strcmp(command, "--version") == 0) {
		printf("bulkhead 0.1, ABI version %d\n", BH_ABI_VERSION);
		return 0;
	}
	if (strcmp(command, "check") == 0)
		return check_main(argc, argv);
	if (strcmp(command, "build") == 0)
		return build_main(argc, argv);
	if (strcmp(command, "draw") == 0)
		return draw_main(argc, argv);
	if (strcmp(command, "run") == 0)
		return run_main(argc, argv);
	if (strcmp(command, "trace") == 0)
		return trace_main(plan_made, argc, argv);
	if (strcmp(command, "gdb") == 0)
		return gdb_main(plan_read, argc, argv);
	if (strcmp(command, "link") == 0)
		return link_main(plan_read, argc, argv);
	if (strcmp(command, "dump") == 0)
		return dump_main(plan_read, argc, argv);
	if (strcmp(command, "header") == 0)
		return header_main(argc, argv);
	if (strcmp(command, "explain") == 0)
		return explain_command(argc, argv);
	if (strcmp(command, "audit") == 0)
		return audit_main(argc - 1, argv + 1);
	usage("there is no command %s", command);
}
