#pragma once

#include "app/options.hpp"

#include <string>
#include <utility>
#include <vector>

namespace lockkeeper::app {

/// The words that an option takes, and what they mean.
template <typename Value>
using Choices = std::vector<std::pair<std::string, Value>>;

/// What the word of an option means. Throws WrongUsage with all that it could be.
template <typename Value>
Value choose(const std::string& option, const std::string& text, const Choices<Value>& choices) {
    std::string words;
    for (const auto& [word, value] : choices) {
        if (word == text) return value;
        words += (words.empty() ? "" : ", ") + word;
    }
    throw WrongUsage(option + " is '" + text + "'; write one of: " + words);
}

}  // namespace lockkeeper::app
