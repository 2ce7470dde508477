/* SPDX-License-Identifier: Apache-2.0 */
/* For functions whose answer must be looked at. */
#ifndef SDK_BH_CHECK_H
#define SDK_BH_CHECK_H

#define BH_MUST_CHECK __attribute__((warn_unused_result))

#endif
