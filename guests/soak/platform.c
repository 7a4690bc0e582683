/* The embedded guest's. */
#include "../embedded/platform.c"
