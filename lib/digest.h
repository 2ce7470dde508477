/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 64-bit digest that finds damage, not malice. Two independent lanes over 64-bit words, each word turned in and multiplied:
 * each step is a bijection of the lane's state, so a change within one word is
 * always found and a change of several goes unseen with probability 2^-64. Signatures are the
 * business of whoever starts the image.
 */
#ifndef LIB_DIGEST_H
#define LIB_DIGEST_H

#include <stdint.h>

/* The digest of bytes (a multiple of 8) at an 8-byte aligned address. About 3 instructions a word. */
uint64_t digest(const void *start, uint64_t bytes);

#endif
