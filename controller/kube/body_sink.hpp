#pragma once

#include "kube/response_channel.hpp"

#include <cpprest/streams.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace lockkeeper::kube {

/// Where the library writes a body to. Trap: its own buffer takes without bound whatever the server sends and nobody
/// reads; here a write that finds the channel full is a task that completes when there is room.
class BodySink final : public concurrency::streams::details::streambuf_state_manager<std::uint8_t> {
    using Mode = std::ios_base::openmode;

  public:
    explicit BodySink(std::shared_ptr<ResponseChannel> channel)
        : streambuf_state_manager(std::ios_base::out), channel_(std::move(channel)) {}

    bool can_seek() const override { return false; }
    bool has_size() const override { return false; }
    std::size_t buffer_size(Mode /*mode*/) const override { return 0; }
    void set_buffer_size(std::size_t /*size*/, Mode /*mode*/) override {}
    std::size_t in_avail() const override { return 0; }
    pos_type getpos(Mode /*mode*/) const override { return traits::eof(); }
    pos_type seekpos(pos_type /*pos*/, Mode /*mode*/) override { return traits::eof(); }
    pos_type seekoff(off_type /*offset*/, std::ios_base::seekdir /*way*/, Mode /*mode*/) override {
        return traits::eof();
    }
    bool acquire(std::uint8_t*& /*pointer*/, std::size_t& /*count*/) override { return false; }
    void release(std::uint8_t* /*pointer*/, std::size_t /*count*/) override {}

  private:
    /// Trap: a write that fails makes the library close the stream and wait for that on the network's thread, which
    /// then waits for itself for ever. So no write fails: what nobody reads is dropped, until the cancel arrives.
    pplx::task<std::size_t> _putn(const std::uint8_t* bytes, std::size_t count) override {
        const auto pushed = channel_->push(std::string_view(reinterpret_cast<const char*>(bytes), count));
        if (pushed != ResponseChannel::Pushed::Full) return pplx::task_from_result(count);
        const pplx::task_completion_event<std::size_t> room;
        channel_->when_room([room, count] { room.set(count); });
        return pplx::create_task(room);
    }

    pplx::task<int_type> _putc(std::uint8_t byte) override {
        return _putn(&byte, 1).then([byte](std::size_t) { return static_cast<int_type>(byte); });
    }
    pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
    std::uint8_t* _alloc(std::size_t /*count*/) override { return nullptr; }
    void _commit(std::size_t /*count*/) override {}

    // Never read from.
    pplx::task<int_type> _bumpc() override { return nothing(); }
    int_type _sbumpc() override { return traits::eof(); }
    pplx::task<int_type> _getc() override { return nothing(); }
    int_type _sgetc() override { return traits::eof(); }
    pplx::task<int_type> _nextc() override { return nothing(); }
    pplx::task<int_type> _ungetc() override { return nothing(); }
    pplx::task<std::size_t> _getn(std::uint8_t* /*pointer*/, std::size_t /*count*/) override {
        return pplx::task_from_result<std::size_t>(0);
    }
    std::size_t _scopy(std::uint8_t* /*pointer*/, std::size_t /*count*/) override { return 0; }
    static pplx::task<int_type> nothing() { return pplx::task_from_result<int_type>(traits::eof()); }

    std::shared_ptr<ResponseChannel> channel_;
};

}  // namespace lockkeeper::kube
