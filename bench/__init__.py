"""What the product costs, each figure beside a plain baseline measured in the same run (`make bench`)."""
