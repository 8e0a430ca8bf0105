// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the page's style, report.css, and its content security policy. That allows only this very
 * style, by its hash: no script, no style attribute, no request to anywhere, whatever a peer's
 * header has smuggled in.
 */
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include "report/page.h"

extern const char report_css[], report_css_end[];

__asm__(".pushsection .rodata\n"
	"report_css: .incbin \"user/report/report.css\"\n"
	"report_css_end: .byte 0\n"
	".popsection\n");

void page__style(struct buf *b)
{
	char hash[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = "";
	size_t n = report_css_end - report_css;
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, n, (const uint8_t *)report_css);
	sha256_digest(&sha, sizeof(digest), digest);
	base64_encode_raw(hash, sizeof(digest), digest);
	html(b,
	     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	     "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n<style>",
	     hash);
	buf_add(b, report_css, n);
	html(b, "</style>\n");
}
