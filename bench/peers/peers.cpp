#include <memory>

#include "peer.hpp"

namespace etch::peers {

// Each in the source of its name, which is compiled where its library is present.
std::unique_ptr<Peer> onednn();
std::unique_ptr<Peer> openblas();
std::unique_ptr<Peer> eigen();
std::unique_ptr<Peer> xsmm();
std::unique_ptr<Peer> dlib();

Peers peers() {
  Peers peers;
#ifdef ETCH_PEERS_ONEDNN
  peers.present.push_back(onednn());
#else
  peers.absent.emplace_back("onednn");
#endif
#ifdef ETCH_PEERS_OPENBLAS
  peers.present.push_back(openblas());
#else
  peers.absent.emplace_back("openblas");
#endif
#ifdef ETCH_PEERS_EIGEN
  peers.present.push_back(eigen());
#else
  peers.absent.emplace_back("eigen");
#endif
#ifdef ETCH_PEERS_XSMM
  peers.present.push_back(xsmm());
#else
  peers.absent.emplace_back("xsmm");
#endif
#ifdef ETCH_PEERS_DLIB
  peers.present.push_back(dlib());
#else
  peers.absent.emplace_back("dlib");
#endif
  return peers;
}

}  // namespace etch::peers
