/* The embedded guest's. */
#include "../embedded/start.S"
