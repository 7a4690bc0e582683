/* The embedded guest's. */
#include "../embedded/options.c"
