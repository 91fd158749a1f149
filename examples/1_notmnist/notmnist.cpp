// Assignment 1: makes notMNIST.pickle from the archives, and shows what is in a data set.
#include "etch/app/notmnist.hpp"

int main(int argc, char** argv) {
  return etch::app::notmnist(argc, argv);
}
