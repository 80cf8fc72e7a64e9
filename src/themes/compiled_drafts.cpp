#include "themes/compiled_drafts.hpp"

#include "crypto/digest.hpp"
#include "view/pages.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace gatehouse::themes {

CompiledDrafts::Found CompiledDrafts::get(std::map<std::string, std::string> const& templates)
{
    auto const digest = to_bytes(crypto::sha256(as_bytes(boost::json::serialize(boost::json::value_from(templates)))));
    std::lock_guard const lock(mutex_);
    auto const known = std::ranges::find(kept_, digest, &Kept::digest);
    if (known != kept_.end()) {
        kept_.splice(kept_.begin(), kept_, known);
        return kept_.front().found;
    }
    ++compilations_;
    kept_.push_front({digest, pages_.with_templates(templates, "/templates")});
    if (kept_.size() > kMost)
        kept_.pop_back();
    return kept_.front().found;
}

std::size_t CompiledDrafts::compilations() const
{
    std::lock_guard const lock(mutex_);
    return compilations_;
}

} // namespace gatehouse::themes
