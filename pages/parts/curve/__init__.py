"""The learning curve: what more labels would bring, how few suffice, and what learning from nothing comes to."""
