// The templates of drafts and earlier versions as previews compiled them, so that following a link again and again
// costs one compilation.
//
// They are found by what they say, and by nothing else: who asks has read the draft already, with a link that the
// tenant gave them, so that nobody comes by a draft through this.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace gatehouse::view {
class Pages;
class Templates;
} // namespace gatehouse::view

namespace gatehouse::themes {

class CompiledDrafts {
public:
    using Found = Result<std::shared_ptr<view::Templates const>>;
    static constexpr std::size_t kMost = 16; // the one that was not used for longest goes

    explicit CompiledDrafts(view::Pages const& pages) : pages_(pages) {}

    // One compilation at a time. Error: "invalid_template", which is kept as well.
    Found get(std::map<std::string, std::string> const& templates);
    std::size_t compilations() const;

private:
    struct Kept {
        Bytes digest;
        Found found;
    };
    view::Pages const& pages_;
    mutable std::mutex mutex_;
    std::list<Kept> kept_; // the last used in front
    std::size_t compilations_ = 0;
};

} // namespace gatehouse::themes
