// How many answers that wait are open on this node, by whatever they are counted by.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace gatehouse::signin {

class OpenStreams {
public:
    struct Key {
        std::string name;
        int most; // at a time
    };
    // Counted under all of its keys while it lives, or under none: `taken` says which.
    class Place {
    public:
        Place(OpenStreams& streams, std::vector<Key> keys)
            : streams_(streams), keys_(std::move(keys)), taken_(streams.enter(keys_))
        {
        }
        Place(Place const&) = delete;
        Place& operator=(Place const&) = delete;
        ~Place()
        {
            if (taken_)
                streams_.leave(keys_);
        }
        bool taken() const { return taken_; }

    private:
        OpenStreams& streams_;
        std::vector<Key> keys_;
        bool taken_;
    };

    std::size_t names() const
    {
        std::scoped_lock const lock(mutex_);
        return counts_.size();
    }

private:
    bool enter(std::vector<Key> const& keys)
    {
        std::scoped_lock const lock(mutex_);
        auto const full = [&](Key const& key) {
            auto const found = counts_.find(key.name);
            return found != counts_.end() && found->second >= key.most;
        };
        if (std::ranges::any_of(keys, full))
            return false;
        for (auto const& key : keys)
            ++counts_[key.name];
        return true;
    }
    void leave(std::vector<Key> const& keys)
    {
        std::scoped_lock const lock(mutex_);
        for (auto const& key : keys)
            if (auto const found = counts_.find(key.name); found != counts_.end() && --found->second == 0)
                counts_.erase(found);
    }

    mutable std::mutex mutex_;
    std::unordered_map<std::string, int> counts_;
};

} // namespace gatehouse::signin
