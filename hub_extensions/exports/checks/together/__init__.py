"""What tables give away taken together: masks solved, groups left by subtraction, what a week adds up to."""
