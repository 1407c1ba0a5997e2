#pragma once

#include "migration/history.hpp"
#include "migration/script_set.hpp"

#include <string>
#include <vector>

namespace lockkeeper::migration {

/// Every checksum under which the way up of a script may have been recorded, by this layout or another one: layouts
/// differ in whether white space at the ends and goose's StatementBegin and StatementEnd belong to a script, and in
/// nothing else. So a change of the layout can be told from an edit, although a history holds no texts.
class SameText {
  public:
    explicit SameText(const Script& script);

    bool is_of(const Checksum& recorded) const;

  private:
    const Script& script_;
    std::vector<Checksum> checksums_;
};

/// Are number and name the same, and only the padding of the number, the layout or the text another?
bool same_number_and_name(const Script& script, const AppliedScript& row);

}  // namespace lockkeeper::migration
