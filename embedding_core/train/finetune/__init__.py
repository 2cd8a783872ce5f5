"""Fine-tuning: a pretrained network trained further on one's own labels. Pictures and classes in, weights out."""
