// A TCP proxy on loopback that passes on all that it gets after a delay, in both directions: a link that is long and
// not narrow. Usage: slow_link TARGET_PORT DELAY_IN_MICROSECONDS. Prints the port on which it listens, and ends when
// its standard input does.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// One direction of a connection: a thread that reads, and one that writes what is due. Bytes under way do not hold up
/// those behind them.
class Direction {
  public:
    Direction(int from, int to, std::chrono::microseconds delay)
        : reader_([this, from, delay] { read(from, delay); }), writer_([this, to] { write(to); }) {}

    void join() {
        reader_.join();
        writer_.join();
    }

  private:
    struct Chunk {
        Clock::time_point due;
        std::string bytes;  ///< empty: the end
    };

    void read(int from, std::chrono::microseconds delay) {
        std::array<char, 65'536> buffer{};
        while (true) {
            const auto size = ::recv(from, buffer.data(), buffer.size(), 0);
            const std::lock_guard guard(mutex_);
            chunks_.push_back(
                {Clock::now() + delay, size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : ""});
            changed_.notify_one();
            if (size <= 0) return;
        }
    }

    void write(int to) {
        while (true) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return !chunks_.empty(); });
            const auto chunk = std::move(chunks_.front());
            chunks_.pop_front();
            lock.unlock();
            std::this_thread::sleep_until(chunk.due);
            if (chunk.bytes.empty()) break;
            for (std::size_t at = 0; at < chunk.bytes.size();) {
                const auto sent = ::send(to, chunk.bytes.data() + at, chunk.bytes.size() - at, MSG_NOSIGNAL);
                if (sent <= 0) break;
                at += static_cast<std::size_t>(sent);
            }
        }
        ::shutdown(to, SHUT_WR);
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Chunk> chunks_;
    std::thread reader_;
    std::thread writer_;
};

void carry(int client, int port, std::chrono::microseconds delay) {
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto address = loopback(port);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
        const int on = 1;
        for (const int end : {client, server}) ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        Direction there(client, server, delay);
        Direction back(server, client, delay);
        there.join();
        back.join();
    }
    ::close(client);
    ::close(server);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const int port = static_cast<int>(std::strtol(argv[1], nullptr, 10));
    const std::chrono::microseconds delay(std::strtol(argv[2], nullptr, 10));
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    auto address = loopback(0);
    socklen_t size = sizeof(address);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener, 16) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return 1;
    }
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    std::array<pollfd, 2> ready{{{listener, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    while (::poll(ready.data(), ready.size(), -1) > 0 && ready[1].revents == 0) {
        const int client = ::accept(listener, nullptr, nullptr);
        if (client >= 0) std::thread(carry, client, port, delay).detach();
    }
    std::_Exit(0);
}
