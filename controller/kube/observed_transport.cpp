#include "kube/observed_transport.hpp"

#include <utility>

namespace lockkeeper::kube {
namespace {

using std::chrono::steady_clock;

class ObservedTransport : public Transport {
  public:
    ObservedTransport(std::unique_ptr<Transport> transport, RequestObserver& observer)
        : Transport(transport->largest_body()), transport_(std::move(transport)), observer_(observer) {}

    std::unique_ptr<ResponseStream> begin(const HttpRequest& request, ReturnWith what,
                                          const std::stop_token& stop) override {
        const auto begin = steady_clock::now();
        std::string code = "<error>";  // client-go's word
        try {
            auto stream = transport_->begin(request, what, stop);
            code = std::to_string(stream->head().status);
            observer_.answered(request.method, code, steady_clock::now() - begin);
            return stream;
        } catch (const TransportError& error) {
            // What we broke off ourselves says nothing about the server.
            if (error.kind() != TransportError::Kind::Interrupted) {
                observer_.answered(request.method, code, steady_clock::now() - begin);
            }
            throw;
        }
    }

  private:
    std::unique_ptr<Transport> transport_;
    RequestObserver& observer_;
};

}  // namespace

std::unique_ptr<Transport> observed(std::unique_ptr<Transport> transport, RequestObserver* observer) {
    if (observer == nullptr) return transport;
    return std::make_unique<ObservedTransport>(std::move(transport), *observer);
}

}  // namespace lockkeeper::kube
