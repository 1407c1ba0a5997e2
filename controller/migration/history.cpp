#include "migration/history.hpp"

#include <stdexcept>

namespace lockkeeper::migration {

Direction parse_direction(std::string_view text) {
    if (text == "up") return Direction::Up;
    if (text == "down") return Direction::Down;
    throw std::invalid_argument("the direction is '" + std::string(text) + "'; write exactly 'up' or 'down'");
}

std::string_view to_string(Direction direction) {
    return direction == Direction::Up ? "up" : "down";
}

}  // namespace lockkeeper::migration
