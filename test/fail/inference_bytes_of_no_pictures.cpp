// etch: inference_bytes<Rows>: requires at least 1 picture, fewer came
// shows: has_rows<Network<Input<784>, Dense<10>>, -1>
#include <etch/etch.hpp>

using namespace etch;

using Net = Network<Input<784>, Dense<10>>;

#ifdef ETCH_FIXED
static_assert(Net::inference_bytes<1> > 0);
#else
static_assert(Net::inference_bytes<-1> > 0);
#endif
