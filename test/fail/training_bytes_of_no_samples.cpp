// etch: Trainer<Net, Batch>: requires a batch of at least 1 sample, fewer came
// shows: has_samples<Network<Input<784>, Dense<10>>, 0>
#include <etch/etch.hpp>

using namespace etch;

using Net = Network<Input<784>, Dense<10>>;

#ifdef ETCH_FIXED
static_assert(Net::training_bytes<1> > 0);
#else
static_assert(Net::training_bytes<0> > 0);
#endif
