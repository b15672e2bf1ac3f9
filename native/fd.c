#include "common.h"

static const struct method METHODS[] = {{NULL, NULL}};

void register_fd(napi_env env, napi_value exports) { add_methods(env, exports, METHODS); }
