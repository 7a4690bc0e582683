/* The embedded guest's. */
#include "../embedded/kernels.c"
