"""What a set is made of: classes, slices, thin regions, and what goes together with the label."""
