/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM checkpoint

#if !defined(_TRACE_CHECKPOINT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_CHECKPOINT_H

#include <linux/tracepoint.h>

/**
 * cr_error - checkpoint(2) or restart(2) refuses or fails
 * @err: errno, negative
 * @line: the message, as on the log
 */
TRACE_EVENT(cr_error,
	    TP_PROTO(int err, const char *line),
	    TP_ARGS(err, line),
	    TP_STRUCT__entry(__field(int, err)
			     __string(line, line)),
	    TP_fast_assign(__entry->err = err;
			   __assign_str(line);),
	    TP_printk("err=%d %s", __entry->err, __get_str(line))
);

#endif /* _TRACE_CHECKPOINT_H */

#include <trace/define_trace.h>
