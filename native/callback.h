/* A JavaScript function that the event loop calls. */
#ifndef VIPD_CALLBACK_H
#define VIPD_CALLBACK_H

#include "common.h"

struct callback {
  napi_env env;
  napi_ref function;
  napi_async_context context;
};

/* `name` is what async_hooks shows. False after throwing: no function, or no memory. */
bool callback_make(napi_env env, napi_value function, const char *name, struct callback *out);
/* With one number. What it throws becomes an uncaughtException. To be called by the loop only. */
void callback_call(const struct callback *c, double argument);
/* Harmless when repeated. */
void callback_drop(struct callback *c);

#endif
